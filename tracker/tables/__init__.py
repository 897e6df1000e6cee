"""Tables that come in as CSV or XLSX, read into checked values: no database, no clock, nothing guessed."""
