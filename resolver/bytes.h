/* SPDX-License-Identifier: MIT */
#pragma once
/* Numbers in network order, where the caller has looked that there are so many bytes. */
#include <stdint.h>

static inline uint16_t read16(const uint8_t *p)
{
	return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t read32(const uint8_t *p)
{
	return (uint32_t)read16(p) << 16 | read16(p + 2);
}

static inline void write16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8 & 255);
	p[1] = (uint8_t)(value & 255);
}

static inline void write32(uint8_t *p, uint32_t value)
{
	write16(p, value >> 16);
	write16(p + 2, value & 0xffff);
}
