"""What takes too long for ``make bench``: days at size, hosts cut off, a year of growth, pages under load."""
