"""Files out: CSV, XLSX and NDJSON of a job, sealed as the pages are. Knows every room below."""
