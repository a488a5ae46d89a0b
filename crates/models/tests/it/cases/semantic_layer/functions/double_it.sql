select value * 2
