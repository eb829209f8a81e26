"""What every page shares: session, guard, refusals, headers, filters, the form base. Knows no room."""
