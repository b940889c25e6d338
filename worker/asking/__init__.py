"""Asking others' servers for pages, answers and large files, and reading their markup."""
