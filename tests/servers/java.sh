# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have java java javac curl; then
	cat >"$T/Served.java" <<-'JAVA'
		import com.sun.net.httpserver.HttpServer;
		import java.net.InetSocketAddress;
		import java.util.concurrent.Executors;

		class Served {
		    static volatile int sum;
		    public static void main(String[] args) throws Exception {
		        HttpServer s = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 0);
		        var pool = Executors.newFixedThreadPool(4);
		        for (int i = 0; i < 100; i++)
		            pool.submit(() -> sum++);
		        s.setExecutor(pool);
		        s.createContext("/", x -> {
		            synchronized (Served.class) {
		                for (int i = 0; i < 100000; i++)
		                    sum += i;
		            }
		            x.sendResponseHeaders(200, -1);
		            x.close();
		        });
		        s.start();
		    }
		}
	JAVA
	javac -d "$T" "$T/Served.java" >"$T/server.log" 2>&1
	java -Xmx128m -cp "$T" Served $port >"$T/server.log" 2>&1 &
	pid=$!
	until_open && both java $pid "idle|waiting" fetch
fi
