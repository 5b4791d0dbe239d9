# shellcheck shell=sh
# Sourced by tests: nginx over a folder, as whoever runs it.  Sets $nginx_port;
# ends with the shell, as $server does, another one, where there is one.  A line
# a request, "METHOD ADDRESS STATUS RANGE if IF-RANGE", is in nginx/log.

# Sets $nginx_port to a free one; ends the test where there is no nginx.
find_nginx() {
	: "${server:=}"
	nginx=$(PATH=$PATH:/usr/sbin command -v nginx) ||
	    { echo 'no nginx' >&2; exit 77; }
	nginx_port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	mkdir -p nginx
}

# Start it by the lines $1 of the http block; it listens at $nginx_port.
run_nginx() {
	cat > nginx/conf <<-END
	user $(id -un) $(id -gn);
	daemon off;
	pid $PWD/nginx/pid;
	error_log $PWD/nginx/error;
	worker_processes 1;
	events { worker_connections 1024; }
	http {
		log_format line '\$request_method \$request_uri \$status '
		    '\$http_range if \$http_if_range';
		access_log $PWD/nginx/log line;
		client_body_temp_path nginx/1;
		proxy_temp_path nginx/2;
		fastcgi_temp_path nginx/3;
		uwsgi_temp_path nginx/4;
		scgi_temp_path nginx/5;
		sendfile on;
		types { audio/wav wav; }
		$1
	}
	END
	"$nginx" -e nginx/error -p "$PWD" -c nginx/conf 2> nginx/start &
	nginx_pid=$!
	trap 'kill "$nginx_pid" ${server:+"$server"} 2> /dev/null' EXIT
	n_tries=0
	until python3 -c "import socket
socket.create_connection(('127.0.0.1', $nginx_port))" 2> /dev/null; do
		sleep 0.1
		n_tries=$((n_tries + 1))
		if [ "$n_tries" -gt 300 ] || ! kill -0 "$nginx_pid"; then
			echo "nginx does not start:" >&2
			cat nginx/start nginx/error >&2
			exit 1
		fi
	done
}

# $1: the folder; the rest: lines for its configuration's server.
start_nginx() {
	find_nginx
	mkdir -p "$1"
	files=$(cd "$1" && pwd)
	shift
	run_nginx "server {
			listen 127.0.0.1:$nginx_port backlog=1024;
			root $files;
			$*
		}"
}
