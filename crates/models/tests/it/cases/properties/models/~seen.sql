not SQL
