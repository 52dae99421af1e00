#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libxml2's HTML writer changes the name of an anchor. It takes the name attribute of <a> for an address, like
# href, and percent-encodes spaces, braces and all that is not ASCII, so <a name="main::{lambda()#1}"> leaves
# as name="main::%7Blambda()#1%7D". A name is plain text, not an address: reading it back gives another name,
# and a link to "#main::{lambda()%231}" no longer has a target, as browsers do not encode braces there. id, on
# the same element, is left alone. Nor is it a rule for addresses: formaction and cite are written as they are.
#
# Package: libxml2, libxml2-dev 2.9.14+dfsg-1.3~deb12u6, libicu72 72.1-3+deb12u1 (Debian 12, amd64), unpacked,
#          not installed; the other libraries are those of the system.
# Input:   an HTML document made here, read and written twice.
# Guess:   only <, &, > and quotes are escaped in attributes other than addresses; two rounds give equal values.
# Seen:    the name differs after one round; the id does not.
set -euo pipefail
version=2.9.14+dfsg-1.3~deb12u6
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q "libxml2=$version" "libxml2-dev=$version" libicu72=72.1-3+deb12u1 >/dev/null 2>&1
for deb in ./*.deb; do dpkg-deb -x "$deb" unpacked; done

cat >anchor.c <<'C'
#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>
#include <stdio.h>
#include <string.h>

static void show(xmlNode *node)
{
	for (; node; node = node->next) {
		for (xmlAttr *at = node->type == XML_ELEMENT_NODE ? node->properties : NULL; at; at = at->next)
			printf("%s %s=%s\n", node->name, at->name, xmlNodeGetContent((xmlNode *)at));
		show(node->children);
	}
}

int main(void)
{
	const char *text = "<!DOCTYPE html><html><body><p id=\"f {1}\">x</p>"
			   "<a id=\"g {1}\" name=\"main::{lambda()#1}\"></a>"
			   "<form action=\"a b\"><button formaction=\"a b\">x</button></form></body></html>";
	int size = (int)strlen(text);

	for (int round = 0; round < 2; round++) {
		htmlDocPtr doc = htmlReadMemory(text, size, NULL, "UTF-8", HTML_PARSE_NONET);
		xmlChar *out;

		printf("round %d\n", round);
		show(xmlDocGetRootElement(doc));
		htmlDocDumpMemory(doc, &out, &size);
		text = (const char *)out;
	}
	return 0;
}
C
lib=unpacked/usr/lib/x86_64-linux-gnu
gcc -Iunpacked/usr/include/libxml2 -o anchor anchor.c "$lib/libxml2.so.2" -Wl,-rpath-link,"$lib"
LD_LIBRARY_PATH=$lib ./anchor | tee seen
cat >expected <<'E'
round 0
p id=f {1}
a id=g {1}
a name=main::{lambda()#1}
form action=a b
button formaction=a b
round 1
p id=f {1}
a id=g {1}
a name=main::%7Blambda()#1%7D
form action=a%20b
button formaction=a b
E
diff expected seen
echo "as described: libxml2 $version"
