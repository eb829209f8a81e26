"""What an export says and how it is written: cells, tables, files. Pure: knows no database and no web."""
