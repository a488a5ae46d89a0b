value * cents_of(2) -- HERE
