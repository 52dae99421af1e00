# SPDX-License-Identifier: Apache-2.0
libdumpan_a_SOURCES +=
