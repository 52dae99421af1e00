# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have python curl; then
	cat >"$T/served.py" <<-'PY'
		import concurrent.futures, http.server, queue, sys, threading, time
		jobs, lock = queue.Queue(), threading.Lock()
		def take():
		    while True:
		        jobs.get()
		def count():
		    while True:
		        with lock:
		            sum(range(1000))
		        time.sleep(0.001)
		for f in [take] * 3 + [count] * 3:
		    threading.Thread(target=f, daemon=True).start()
		pool = concurrent.futures.ThreadPoolExecutor(4)
		list(pool.map(str, range(100)))
		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        jobs.put(1)
		        self.send_response(200)
		        self.end_headers()
		http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
	PY
	python3 "$T/served.py" $port >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both python $pid "idle|waiting|sleeping|running" fetch
fi
