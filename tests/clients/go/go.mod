module upload

go 1.19
