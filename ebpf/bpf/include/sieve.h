/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sieve: which opens may matter. It never judges, and it never lets slip what a recipe would match;
 * what it lets pass in vain costs one record.
 *
 * Along the walk from the file to the root each component is hashed. The last three are compared with
 * tail signatures, every directory and its parent with anchors; both first in a bloom filter, then
 * exactly. procfs and sysfs are sieved by path A, everything else by path B, and by path A as well where
 * a mount does not begin at the root of its file system (a bind mount). A path too deep for the walk
 * passes, flagged: being deep is no way to hide.
 */
#ifndef SCOUTLINE_SIEVE_H
#define SCOUTLINE_SIEVE_H

#include "path.h"
#include "sieve_hash.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sieve_table);
} sieve SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SL_SIEVE_SIGNATURES);
	__type(key, __u64);
	__type(value, __u8);
} signatures SEC(".maps");

#define SIEVE_UNMATCHED 0
#define SIEVE_MATCHED 1
#define SIEVE_TRUNCATED 2
#define SIEVE_UNREADABLE 3

struct sieve_walk {
	__u64 name;    /* hash of the last component */
	__u64 matched; /* the signature that matched */
	__u64 root_mount;
	__u64 parent; /* hashes of the two components above the last one */
	__u64 grandparent;
	__u64 first; /* eight bytes of the last component at its beginning, and at its end */
	__u64 last;
	__u32 leaf_len;
	__u8 class;
	__u8 is_bind;    /* some mount on the way begins below the root of its file system */
	__u8 maybe_leaf; /* what the bloom filter says of the last component, and of the one above it */
	__u8 maybe_glob;
};

static __always_inline bool has_signature(struct sieve_walk *walk, __u64 signature)
{
	if (!bpf_map_lookup_elem(&signatures, &signature))
		return false;
	walk->matched = signature;
	return true;
}

/* Where in the head the name lies: there already, or put there if it is too long for the dentry. */
static __always_inline __u64 *name_words(struct dentry_head *head, __u64 dentry)
{
	__u64 inlined = dentry_inline_name_offset();
	__u64 in_head = inlined - field_offset(struct dentry, d_parent);
	__u64 name = dentry_name(head);
	__u64 *words;

	/* One number: the verifier allows no subtraction from a stack pointer. */
	barrier_var(in_head);
	words = (void *)((char *)head->words + in_head);
	if (name != dentry + inlined && bpf_probe_read_kernel(words, SL_HASHED_LEN, (void *)name))
		return NULL;
	return words;
}

static __always_inline bool tails_match(const struct sieve_table *table, struct sieve_walk *walk,
					__u64 class, __u64 kind, __u64 leaf)
{
	__u32 masks = table->masks[class];

	for (__u32 mask = 1; mask < 8; mask += 2) {
		if (!(masks & (1u << mask)))
			continue;
		if (has_signature(walk, tail_signature(class, kind, mask, leaf, walk->parent,
						       walk->grandparent)))
			return true;
	}
	return false;
}

/*
 * The first eight bytes of the leaf, and the last eight with the very last uppermost. Short names lie in
 * `words` already; what is behind the end of a name may be anything.
 */
static __always_inline void note_leaf(struct sieve_walk *walk, const __u64 *words, __u64 name, __u32 len)
{
	walk->leaf_len = len;
	walk->first = words[0];
	walk->last = 0;
	if (len <= 8)
		walk->last = words[0] << (8 * (8 - len) & 63);
	else if (len < 16)
		walk->last = words[0] >> (8 * (len - 8)) | words[1] << (8 * (16 - len));
	else
		bpf_probe_read_kernel(&walk->last, sizeof(walk->last), (void *)(name + len - 8));
}

static __always_inline bool globs_match(const struct sieve_table *table, struct sieve_walk *walk,
					__u64 class)
{
	for (__u32 i = 0; i < SL_LEAF_GLOBS; i++) {
		const struct leaf_glob *glob = &table->globs[class * SL_LEAF_GLOBS + i];
		__u32 len = glob->len & 15;
		__u64 hash, kind;

		if (!len || len > 8 || walk->leaf_len < len)
			continue;
		kind = glob_kind(glob->kind, len);
		hash = hash_part(
			glob->kind == SL_GLOB_PREFIX ? walk->first : walk->last >> (8 * (8 - len)), len);
		if (bloom_has(bloom_ask(table, class, hash ^ kind), SIEVE_LEAF) &&
		    tails_match(table, walk, class, kind, hash))
			return true;
	}
	return false;
}

#define STEP_COMPONENT 0
#define STEP_ROOT 1
#define STEP_STACKED 2 /* more mounts on one another than are looked through */
#define STEP_UNREADABLE 3

#define STACKED_MOUNTS 3

/*
 * Reads the next component into `head`, at `*dentry`, crossing mounts if there is a `point`. A loop of
 * its own, so that the number of components is the only thing the walk counts: the verifier would look at
 * every combination of two counters.
 */
static __always_inline int next_component(struct sieve_walk *walk, struct dentry_head *head,
					  __u64 *dentry, struct mount_point *point)
{
	for (__u32 i = 0; point && *dentry == point->root; i++) {
		__u64 mountpoint = point->mountpoint;

		/* The sensor's own root is a whole file system, and nothing lies above it. */
		if (point->mount == walk->root_mount)
			return STEP_ROOT;
		if (i == STACKED_MOUNTS)
			return STEP_STACKED;
		/* A mount in which nothing was walked hides nothing. */
		if (i == 0) {
			if (!read_dentry(head, *dentry))
				return STEP_UNREADABLE;
			if (dentry_parent(head) != *dentry)
				walk->is_bind = true;
		}
		if (point->parent == point->mount)
			return STEP_ROOT;
		if (!read_mount(point, point->parent))
			return STEP_UNREADABLE;
		*dentry = mountpoint;
	}
	if (!read_dentry(head, *dentry))
		return STEP_UNREADABLE;
	return dentry_parent(head) == *dentry ? STEP_ROOT : STEP_COMPONENT;
}

/* `point` is NULL for path A. Not inlined: it is needed twice, and the stack is short. */
static __noinline int sieve_path(const struct sieve_table *table, struct sieve_walk *walk, __u64 dentry,
				 struct mount_point *point)
{
	struct dentry_head head;
	bool maybe_anchor = false;
	int step = STEP_COMPONENT;
	__u64 class = walk->class & (SL_CLASS_SLOTS - 1);
	__u64 below = 0;

	walk->name = walk->parent = walk->grandparent = SIEVE_ROOT;
	walk->maybe_leaf = walk->maybe_glob = false;
	for (__u32 level = 0; level < SL_PATH_DEPTH; level++) {
		struct bloom_answer answer;
		__u64 *words;
		__u64 hash;
		__u32 len;

		step = next_component(walk, &head, &dentry, point);
		if (step != STEP_COMPONENT)
			break;
		words = name_words(&head, dentry);
		if (!words)
			return SIEVE_UNREADABLE;
		len = dentry_name_len(&head);
		hash = hash_name(words, len);
		answer = bloom_ask(table, class, hash);
		if (level == 0) {
			note_leaf(walk, words, dentry_name(&head), len);
			walk->name = hash;
			walk->maybe_leaf = bloom_has(answer, SIEVE_LEAF);
		} else if (level == 1) {
			walk->parent = hash;
			walk->maybe_glob = bloom_has(answer, SIEVE_GLOB_DIRECTORY);
		} else if (level == 2) {
			walk->grandparent = hash;
		}
		if (maybe_anchor && has_signature(walk, signature(class, SIEVE_ANCHOR, below, hash, 0)))
			return SIEVE_MATCHED;
		maybe_anchor = bloom_has(answer, SIEVE_ANCHOR);
		below = hash;
		dentry = dentry_parent(&head);
	}
	if (step == STEP_UNREADABLE)
		return SIEVE_UNREADABLE;
	if (maybe_anchor && step == STEP_ROOT &&
	    has_signature(walk, signature(class, SIEVE_ANCHOR, below, SIEVE_ROOT, 0)))
		return SIEVE_MATCHED;
	if (walk->maybe_leaf && tails_match(table, walk, class, SIEVE_LEAF, walk->name))
		return SIEVE_MATCHED;
	if (walk->maybe_glob && globs_match(table, walk, class))
		return SIEVE_MATCHED;
	return step == STEP_ROOT ? SIEVE_UNMATCHED : SIEVE_TRUNCATED;
}

static __always_inline __u32 class_of(const struct mount_point *point)
{
	struct super_block *sb = (void *)point->sb;

	switch (BPF_CORE_READ(sb, s_magic)) {
	case PROC_SUPER_MAGIC:
		return SL_CLASS_PROC;
	case SYSFS_MAGIC:
		return SL_CLASS_SYSFS;
	default:
		return SL_CLASS_ORDINARY;
	}
}

static __always_inline int sieve_file(struct sieve_walk *walk, const struct sensor_self *self,
				      __u64 dentry, __u64 vfsmount)
{
	struct mount_point point = { .mount = mount_of(vfsmount), .root = self->root_dentry };
	const struct sieve_table *table;
	__u32 class = SL_CLASS_ORDINARY;
	__u32 zero = 0;
	int verdict;

	walk->is_bind = false;
	walk->matched = 0;
	walk->root_mount = self->root_mount;
	table = bpf_map_lookup_elem(&sieve, &zero);
	if (!table)
		return SIEVE_UNREADABLE;
	/* Most opens are on the root file system, of which all is known already. */
	if (point.mount != self->root_mount) {
		if (!read_mount(&point, point.mount))
			return SIEVE_UNREADABLE;
		class = class_of(&point);
	}
	walk->class = table->classes[class];
	if (class == SL_CLASS_ORDINARY) {
		verdict = sieve_path(table, walk, dentry, &point);
		if (verdict != SIEVE_UNMATCHED || !walk->is_bind)
			return verdict;
	}
	return sieve_path(table, walk, dentry, NULL);
}

#endif
