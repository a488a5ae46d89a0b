select no_such_function(1) as id
