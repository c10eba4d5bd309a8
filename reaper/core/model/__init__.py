"""What is looked at: sessions, their owners, and the words to compare them by."""
