# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # for tests/e2e/servers.sh
if have containerd containerd; then
	cat >"$T/containerd.toml" <<-CONF
		version = 2
		root = "$T/containerd"
		state = "$T/containerd-state"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		  address = "$T/containerd.sock"
		[debug]
		  address = ""
		[metrics]
		  address = "127.0.0.1:$port"
	CONF
	containerd -c "$T/containerd.toml" >"$T/server.log" 2>&1 &
	pid=$!
	# Stripped as it is in newer systems no name of Go's tells who has nothing to do.
	until_open && both containerd $pid "idle|waiting|sleeping" fetch
fi
