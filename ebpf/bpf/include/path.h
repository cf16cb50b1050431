/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Walking from a file towards a root, the same way for the sieve (which hashes) and for records (which
 * copy). Helpers only: one probe read fetches the head of a dentry, with parent, name and superblock.
 *
 * Path A stays in one superblock: parent after parent until a dentry is its own. Path B crosses mounts:
 * at the root of a mount it goes on at the mount point, until a mount is its own parent.
 *
 * Known race: a rename during the walk can give a path that never existed as a whole. Its inode is right.
 */
#ifndef SCOUTLINE_PATH_H
#define SCOUTLINE_PATH_H

#include "abi.h"
#include "drift.h"

/*
 * Parent, name and inline name lie close together in a dentry, as do parent, mount point and root in a
 * mount, on every kernel. One read of that stretch is cheaper than one a field.
 */
#define DENTRY_HEAD 72
#define MOUNT_HEAD 32
/* Mount crossings take a step each. */
#define WALK_STEPS (SL_PATH_DEPTH + 8)

struct dentry_head {
	__u64 words[DENTRY_HEAD / 8];
};

struct mount_head {
	__u64 words[MOUNT_HEAD / 8];
};

#define dentry_offset(type, field) (field_offset(type, field) - field_offset(struct dentry, d_parent))
#define mount_offset(type, field) (field_offset(type, field) - field_offset(struct mount, mnt_parent))
#define head_at(head, offset, as) (*(as *)((char *)(head)->words + (offset)))

struct mount_point {
	__u64 mount; /* struct mount, 0: never cross */
	__u64 root;
	__u64 sb;
	__u64 parent;
	__u64 mountpoint;
};

static __always_inline bool read_mount(struct mount_point *point, __u64 mount)
{
	__u32 vfsmount = mount_offset(struct mount, mnt);
	struct mount_head head;

	if (bpf_probe_read_kernel(&head, sizeof(head),
				  (void *)(mount + field_offset(struct mount, mnt_parent))))
		return false;
	point->mount = mount;
	point->root = head_at(&head, vfsmount + field_offset(struct vfsmount, mnt_root), __u64);
	point->sb = head_at(&head, vfsmount + field_offset(struct vfsmount, mnt_sb), __u64);
	point->parent = head_at(&head, 0, __u64);
	point->mountpoint = head_at(&head, mount_offset(struct mount, mnt_mountpoint), __u64);
	return true;
}

static __always_inline __u64 mount_of(__u64 vfsmount)
{
	return vfsmount - field_offset(struct mount, mnt);
}

static __always_inline bool read_dentry(struct dentry_head *head, __u64 dentry)
{
	return !bpf_probe_read_kernel(head, sizeof(*head),
				      (void *)(dentry + field_offset(struct dentry, d_parent)));
}

static __always_inline __u64 dentry_parent(const struct dentry_head *head)
{
	return head_at(head, 0, __u64);
}

static __always_inline __u32 dentry_name_len(const struct dentry_head *head)
{
	return head_at(head, dentry_offset(struct dentry, d_name) + field_offset(struct qstr, len),
		       __u32) &
	       SL_NAME_LEN;
}

static __always_inline __u64 dentry_name(const struct dentry_head *head)
{
	return head_at(head, dentry_offset(struct dentry, d_name) + field_offset(struct qstr, name),
		       __u64);
}

/* ---- Copying into the tail of a record ------------------------------------------------------- */

struct path_writer {
	__u8 *tail;
	__u64 limit; /* size of the tail, a constant */
	/*
	 * Bytes used so far. It lives in the record, not on the stack: the verifier then forgets its value
	 * from one step to the next, and needs one look at each step instead of one for each length.
	 */
	__u32 *used;
	/* Where the process's root is: where path B passes it, `root_len` is set. */
	__u64 root_dentry;
	__u64 root_mount;
	__u32 *root_len;
};

#define PATH_FS 0
#define PATH_MOUNT 1

/*
 * Appends path A (PATH_FS) or B (PATH_MOUNT) of `dentry` in `mount`. Not inlined: a record has several
 * paths, and the stack of a program is 512 bytes. `which` is a constant of its own because the verifier
 * would otherwise track what each step found out about `mount`, and never see two steps as alike.
 */
static __noinline int write_path(struct path_writer *out, struct text *text, __u64 dentry, __u64 mount,
				 __u32 which)
{
	struct mount_point point = {};
	struct dentry_head head;

	text->offset = *out->used;
	text->len = 0;
	text->flags = SL_TEXT_UNREADABLE;
	if (which == PATH_MOUNT && !read_mount(&point, mount))
		return 0;
	for (__u32 i = 0;; i++) {
		__u32 at = *out->used;
		__u64 parent;
		__u32 len;

		if (i == WALK_STEPS) {
			text->flags = SL_TEXT_TRUNCATED;
			break;
		}
		if (which == PATH_MOUNT) {
			if (dentry == out->root_dentry && point.mount == out->root_mount)
				*out->root_len = text->len;
			if (dentry == point.root) {
				__u64 mountpoint = point.mountpoint;

				if (point.parent == point.mount) {
					text->flags = 0;
					break;
				}
				if (!read_mount(&point, point.parent))
					break;
				dentry = mountpoint;
				continue;
			}
		}
		if (!read_dentry(&head, dentry))
			break;
		parent = dentry_parent(&head);
		len = dentry_name_len(&head);
		/*
		 * Its own parent: the root of a superblock, named "/", or a file that never had a
		 * directory, whose only name this is ("memfd:x").
		 */
		if (parent == dentry && (text->len || len <= 1)) {
			text->flags = 0;
			break;
		}
		if (at > out->limit - (SL_NAME_LEN + 1)) {
			text->flags = SL_TEXT_TRUNCATED;
			break;
		}
		if (bpf_probe_read_kernel(out->tail + at, len, (void *)dentry_name(&head)))
			break;
		out->tail[at + len] = '/';
		text->len += len + 1;
		*out->used = at + len + 1;
		if (parent == dentry) {
			text->flags = 0;
			break;
		}
		dentry = parent;
	}
	return 0;
}

#endif
