"""Files out: CSV, XLSX, NDJSON and xAPI of a job, sealed as the pages are. Knows every room below."""
