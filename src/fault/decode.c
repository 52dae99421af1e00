/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fault/decode.h"

typedef enum da_status decode_fn(const struct da_arch *arch, const uint8_t *code, size_t n,
				 const struct da_regs *regs, uint64_t tp, struct da_insn *ret);

static const struct {
	const char *arch;
	decode_fn *decode;
} decoders[] = {
	{ "x86_64", da_decode_x86 },
	{ "x86", da_decode_x86 },
	{ "aarch64", da_decode_aarch64 },
};

enum da_status da_decode(const struct da_arch *arch, const uint8_t *code, size_t n,
			 const struct da_regs *regs, uint64_t tp, struct da_insn *ret)
{
	if (!arch)
		return DA_UNSUPPORTED;
	for (size_t i = 0; i < DA_ARRAY_SIZE(decoders); i++)
		if (da_streq(decoders[i].arch, arch->name))
			return decoders[i].decode(arch, code, n, regs, tp, ret);
	return DA_UNSUPPORTED;
}
