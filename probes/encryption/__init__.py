"""How a page is encrypted: what its server agrees to, what its certificate is, and the grade of it all."""
