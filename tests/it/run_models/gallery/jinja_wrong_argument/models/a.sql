select {{ double(y=1) }}
