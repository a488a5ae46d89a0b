select {{ nothing_like_this() }}
