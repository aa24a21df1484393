def show(answer): return str(answer.value)
