#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The page in headless Chromium: nothing is fetched, the policy is not broken, the script runs, hostile
# names stay text, no width makes the page scroll sideways, it prints.
. "$(dirname "$0")/../lib.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
	t_skip_all "needs chromium"
page=$top_builddir/tests/html/page
[ -x "$page" ] || t_skip_all "needs tests/html/page"

# chrome WIDTH FILE option …: what it prints; its log is in $T/log.
chrome() {
	width=$1 file=$2
	shift 2
	rm -rf "$T/profile"
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--disable-dev-shm-usage --host-resolver-rules='MAP * ~NOTFOUND' --hide-scrollbars \
		--user-data-dir="$T/profile" --window-size="$width",900 --enable-logging=stderr \
		--log-net-log="$T/net" "$@" "file://$file" 2> "$T/log"
}

"$page" empty html > "$T/empty.html"
chrome 800 "$T/empty.html" --dump-dom > "$T/dom" && grep -q '<h1>' "$T/dom" ||
	t_skip_all "the browser does not start here"

# What a page must not do is told by the browser on its console.
for sample in crash hostile parts large; do
	"$page" "$sample" html > "$T/$sample.html"
	chrome 1400 "$T/$sample.html" --dump-dom > "$T/dom"
	t_is "$(grep CONSOLE "$T/log")" "" "$sample: the console is empty, the policy holds"
	t_is "$(grep -c '^<html[^>]* class="js"' "$T/dom")" 1 "$sample: the script ran"
	t_is "$(grep -o '"url":"[^"]*' "$T/net" | grep -v -e file: -e chrome -e '""' -e 'data:' |
		grep -v google | sort -u)" "" "$sample: nothing is fetched"
	t_unlike "$(cat "$T/dom")" '<title>owned|<img|<svg[^>]*onload|<h1>owned' "$sample: nothing was injected"
done
t_is "$(grep -o '<script' "$T/dom" | wc -l | tr -d ' ')" 1 "one script"

# A probe put behind the page by the test: does anything stand out of a narrow window?
probe='<script>document.title=document.documentElement.scrollWidth+"/"+innerWidth</script>'
for sample in crash hostile large parts empty; do
	sed -e '/Content-Security-Policy/d' -e "s|</body>|$probe</body>|" "$T/$sample.html" > "$T/probe.html"
	for width in 320 360 1400; do
		# headless windows are not narrower than 500 pixels: a frame is
		printf '<!DOCTYPE html><title>x</title><iframe id="f" width="%s" height="800" style="border:0" src="probe.html"></iframe>' \
			"$width" > "$T/frame.html"
		cat >> "$T/frame.html" <<-'EOS'
			<script>onload=function(){var d=f.contentDocument.documentElement;document.title=
			d.scrollWidth<=f.clientWidth?"fits":"stands out: "+d.scrollWidth}</script>
		EOS
		title=$(chrome 1500 "$T/frame.html" --allow-file-access-from-files --dump-dom |
			sed -n 's|.*<title>\([^<]*\)</title>.*|\1|p' | head -n 1)
		t_is "$title" fits "$sample: no sideways scrolling at $width pixels"
	done
done

# Sorting and filtering, by clicks of a script in the page.
cat > "$T/click.js" <<'EOS'
var t=document.querySelector("section table.data"), s=document.querySelectorAll("section");
document.querySelectorAll("#threads ~ .scroll th button")[0].click();
var input=document.querySelector("input[aria-label*=stacks]");
input.value="Ledger::read"; input.dispatchEvent(new Event("input"));
document.title=[document.querySelectorAll("details.stack:not([hidden])").length,
	document.querySelector("#threads ~ .scroll th").getAttribute("aria-sort"),
	document.querySelectorAll(".tools button").length>2].join(" ");
EOS
{ sed -e '/Content-Security-Policy/d' -e 's|</body>.*||' "$T/crash.html" | sed '/^<\/html>/d'
  echo "<script>"; cat "$T/click.js"; echo "</script></body></html>"; } > "$T/click.html"
t_is "$(chrome 1400 "$T/click.html" --dump-dom | sed -n 's|.*<title>\([^<]*\)</title>.*|\1|p' | head -n 1)" \
	"1 ascending true" "filter, sort and buttons work"

chrome 1400 "$T/crash.html" --no-pdf-header-footer --print-to-pdf="$T/crash.pdf" > /dev/null
t_is "$(head -c 5 "$T/crash.pdf" 2> /dev/null)" "%PDF-" "it prints"

t_done
