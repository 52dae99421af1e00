/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base: what every other room stands on.
 *
 * This header is the room's manual; it only gathers the parts, each of which is small and documents
 * itself. Nothing in base knows what a dump is. No function here prints, exits, or reads the
 * environment or the clock. Memory never runs out quietly: an allocation that fails ends the process
 * (see arena.h), and the stage runner in app/ survives that.
 */
#ifndef DA_BASE_H
#define DA_BASE_H

#include "base/status.h"
#include "base/checked.h"
#include "base/arena.h"
#include "base/vec.h"
#include "base/str.h"
#include "base/text.h"
#include "base/rich.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/sha256.h"
#include "base/map.h"
#include "base/limits.h"
#include "base/ledger.h"
#include "base/watch.h"
#include "base/file.h"

#endif
