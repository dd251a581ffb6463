"""Tables from files that users bring: lines, columns, and the table that comes of them."""
