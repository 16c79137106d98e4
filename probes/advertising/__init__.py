"""What advertising channels do to a page's address and to the visitor, and whether the page bears it."""
