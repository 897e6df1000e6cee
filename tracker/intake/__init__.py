"""Files that come in: read, checked, looked at first if wanted, stored, and read again when a code gets a meaning."""
