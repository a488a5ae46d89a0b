select {{ shorten("'abcdef'", 3) }} as short, {{ size() }} as size
