"""What reading the source costs, against floors and peers in the same run."""
