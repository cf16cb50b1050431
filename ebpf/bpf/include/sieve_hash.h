/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hash that the sieve shares with user space (`scoutline_abi::sieve`). Plain C without a kernel in
 * it: a test compiles it for the host and compares the two.
 */
#ifndef SCOUTLINE_SIEVE_HASH_H
#define SCOUTLINE_SIEVE_HASH_H

#include "abi.h"

#define SIEVE_LEAF 0x1111111111111111ULL
#define SIEVE_ANCHOR 0x2222222222222222ULL
#define SIEVE_GLOB_DIRECTORY 0x3333333333333333ULL
#define SIEVE_ROOT 0ULL

static __inline __attribute__((always_inline)) __u64 mix(__u64 value)
{
	value *= 0x9e3779b97f4a7c15ULL;
	return value ^ (value >> 32);
}

/* `words` are the first bytes of the name; those behind its end may hold anything. */
static __inline __attribute__((always_inline)) __u64 hash_name(const __u64 *words, __u32 len)
{
	__u64 hash = mix(len);

#pragma unroll
	for (int i = 0; i < SL_HASHED_LEN / 8; i++) {
		__u64 word = words[i];
		__u32 begin = i * 8;

		if (len <= begin)
			break;
		if (len < begin + 8)
			word &= (1ULL << ((len - begin) * 8)) - 1;
		hash = mix(hash ^ word);
	}
	return hash;
}

/* The same for a part of at most eight bytes. */
static __inline __attribute__((always_inline)) __u64 hash_part(__u64 word, __u32 len)
{
	if (len < 8)
		word &= (1ULL << (len * 8)) - 1;
	return mix(mix(len) ^ word);
}

static __inline __attribute__((always_inline)) __u64 signature(__u32 class, __u64 kind, __u64 a, __u64 b,
							       __u64 c)
{
	__u64 hash = mix(0x5c0771e51e7e0001ULL ^ kind ^ class);

	hash = mix(hash ^ a);
	hash = mix(hash ^ b);
	return mix(hash ^ c);
}

/* A tail signature: `mask` has a bit for each of the three levels that count. */
static __inline __attribute__((always_inline)) __u64
tail_signature(__u32 class, __u64 kind, __u32 mask, __u64 leaf, __u64 parent, __u64 grandparent)
{
	return signature(class, kind ^ ((__u64)mask << 16), mask & 1 ? leaf : 0, mask & 2 ? parent : 0,
			 mask & 4 ? grandparent : 0);
}

static __inline __attribute__((always_inline)) __u64 glob_kind(__u32 kind, __u32 len)
{
	return SIEVE_LEAF ^ ((__u64)kind << 8) ^ len;
}

static __inline __attribute__((always_inline)) int bloom_has(const struct sieve_table *table,
							     __u32 class, __u64 kind, __u64 hash)
{
	__u64 bits = mix(hash ^ kind ^ class);
	__u32 a = bits % (SL_BLOOM_WORDS * 64);
	__u32 b = (bits >> 32) % (SL_BLOOM_WORDS * 64);

	return (table->bloom[a / 64] >> (a % 64)) & (table->bloom[b / 64] >> (b % 64)) & 1;
}

#endif
