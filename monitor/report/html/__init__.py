"""A report as one file of HTML: nothing in it is fetched, run or judged again."""
