/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hash that the sieve shares with user space (`scoutline_abi::sieve`). Plain C without a kernel in
 * it: a test compiles it for the host and compares the two.
 */
#ifndef SCOUTLINE_SIEVE_HASH_H
#define SCOUTLINE_SIEVE_HASH_H

#include "abi.h"

/* What an entry is for. In the bloom filter each has bits of its own of what a hash says. */
#define SIEVE_LEAF 0
#define SIEVE_ANCHOR 1
#define SIEVE_GLOB_DIRECTORY 2
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

/*
 * All that the bloom filter says of one hash lies in one word, two bits a use: a component that is tested
 * for two uses is mixed and looked up once.
 */
struct bloom_answer {
	__u64 word;
	__u64 bits;
};

static __inline __attribute__((always_inline)) struct bloom_answer
bloom_ask(const struct sieve_table *table, __u32 class, __u64 hash)
{
	struct bloom_answer answer;

	answer.bits = mix(hash ^ class);
	answer.word = table->bloom[answer.bits % SL_BLOOM_WORDS];
	return answer;
}

static __inline __attribute__((always_inline)) int bloom_has(struct bloom_answer answer, __u32 use)
{
	__u64 bits = answer.bits >> (16 + 12 * use);

	return (answer.word >> (bits % 64)) & (answer.word >> (bits / 64 % 64)) & 1;
}

#endif
