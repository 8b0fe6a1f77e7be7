// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The control file
 *
 * All that user space hands in arrives here, is copied once, and is checked here
 * (sizes, flags, pointers), in image.c (the image) or in verify.c (the code).
 * What comes after relies on that. The general format of the ioctls is told in
 * <linux/ktap.h>.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../trace.h"
#include "ktap.h"

union ktap_args {
	u32 size;
	struct ktap_query query;
	struct ktap_load load;
	struct ktap_start start;
	struct ktap_stop stop;
	struct ktap_stats stats;
};

/* Makes the build fail if a struct has holes or differs between 32 and 64 bit. */
static void build_check_abi(void)
{
	BUILD_BUG_ON(sizeof(struct ktap_query) != 10 * 4);
	BUILD_BUG_ON(sizeof(struct ktap_load) != 8 * 4 + 5 * 8);
	BUILD_BUG_ON(sizeof(struct ktap_start) != 10 * 4 + 8);
	BUILD_BUG_ON(sizeof(struct ktap_stop) != 2 * 4);
	BUILD_BUG_ON(sizeof(struct ktap_stats) != 4 * 4 + 3 * 8);
	BUILD_BUG_ON(sizeof(struct ktap_rec) != 16);
	BUILD_BUG_ON(sizeof(struct ktap_val) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_val_stack) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_rec_frame) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_rec_error) != 4 * 4 + 8 * KTAP_MAX_FRAMES);
	BUILD_BUG_ON(sizeof(struct ktap_rec_agg) != 6 * 4);
	BUILD_BUG_ON(sizeof(struct ktap_val_range) != 16);
	BUILD_BUG_ON(sizeof(struct ktap_val_stat) != 4 * 4 + 10 * 8);
	BUILD_BUG_ON(sizeof(struct ktap_rec_spec) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_rec_drops) != 16);
	BUILD_BUG_ON(sizeof(struct ktap_rec_lost) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_rec_end) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_insn) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_img_section) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_img_str) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_img_global) != 8);
	BUILD_BUG_ON(sizeof(struct ktap_img_const) != 16);
	BUILD_BUG_ON(sizeof(struct ktap_img_proto) != 6 * 4);
	BUILD_BUG_ON(sizeof(struct ktap_img_event) != 10 * 4);
	BUILD_BUG_ON(sizeof(struct ktap_img_field) != 4 * 4);
	BUILD_BUG_ON(sizeof(struct ktap_img_line) != 4 * 4);
	BUILD_BUG_ON(sizeof(struct ktap_img_header) != 6 * 4 + KTAP_SEC_NR * 8);
}

/* Memory for a log of at most @size bytes, if user space wants one. */
static int log_open(struct ktap_log *log, u32 size)
{
	*log = (struct ktap_log){ .size = min(size, KTAP_LOG_MAX) };
	if (!log->size)
		return 0;
	log->buf = kvzalloc(log->size, GFP_KERNEL_ACCOUNT);
	return log->buf ? 0 : -ENOMEM;
}

/* Give the log to user space and free it. Returns @ret or -EFAULT. */
static int log_close(struct ktap_log *log, u64 to, u32 *len, int ret)
{
	u32 text = min(log->size, log->len + 1);

	*len = log->most + 1;
	if (log->buf && copy_to_user(u64_to_user_ptr(to), log->buf, text))
		ret = -EFAULT;
	kvfree(log->buf);
	return ret;
}

static int ioc_query(struct ktap_sess *sess, union ktap_args *args)
{
	struct ktap_query *query = &args->query;

	if (query->flags)
		return -EOPNOTSUPP;
	if (query->__reserved)
		return -EINVAL;
	query->abi_version = KTAP_ABI_VERSION;
	query->nr_ops = KTAP_OP_NR;
	query->nr_vars = KTAP_VAR_NR;
	query->nr_funcs = KTAP_FUNC_NR;
	query->probes = ktap_probe_kinds();
	query->nr_stats = KTAP_STAT_NR;
	query->max_image = KTAP_IMG_MAX_SIZE;
	return 0;
}

static int ioc_load(struct ktap_sess *sess, union ktap_args *args)
{
	struct ktap_load *load = &args->load;
	struct ktap_log log;
	void *image;
	int ret;

	if (load->flags & ~KTAP_LOAD_OVERWRITE)
		return -EOPNOTSUPP;
	if (load->__reserved)
		return -EINVAL;
	if (load->image_size > KTAP_IMG_MAX_SIZE)
		return -E2BIG;
	if (!load->image_size)
		return -EINVAL;
	ret = log_open(&log, load->log_size);
	if (ret)
		return ret;

	image = kvmalloc(load->image_size, GFP_KERNEL_ACCOUNT);
	if (!image)
		ret = -ENOMEM;
	else if (copy_from_user(image, u64_to_user_ptr(load->image),
				load->image_size))
		ret = -EFAULT;
	if (ret)
		kvfree(image);
	else
		ret = ktap_sess_load(sess, image, load, &log);
	return log_close(&log, load->log, &load->log_len, ret);
}

/* What makes sense with KTAP_START_PID only. */
#define START_OF_PID	(KTAP_START_CHILDREN | KTAP_START_EXEC)
#define START_FLAGS	(KTAP_START_PID | KTAP_START_CPU | KTAP_START_DRY | \
			 START_OF_PID)

static bool start_target_valid(const struct ktap_start *start)
{
	if (start->flags & START_OF_PID && !(start->flags & KTAP_START_PID))
		return false;
	return (start->flags & KTAP_START_PID || !start->pid) &&
	       (start->flags & KTAP_START_CPU || !start->cpu);
}

static int ioc_start(struct ktap_sess *sess, union ktap_args *args)
{
	struct ktap_start *start = &args->start;
	struct ktap_log log;
	int ret;

	if (start->flags & ~START_FLAGS)
		return -EOPNOTSUPP;
	if (start->__reserved || !start_target_valid(start))
		return -EINVAL;
	ret = log_open(&log, start->log_size);
	if (ret)
		return ret;
	ret = ktap_sess_start(sess, start, &log);
	return log_close(&log, start->log, &start->log_len, ret);
}

static int ioc_stop(struct ktap_sess *sess, union ktap_args *args)
{
	struct ktap_stop *stop = &args->stop;

	if (stop->flags & ~KTAP_STOP_NOW)
		return -EOPNOTSUPP;
	guard(mutex)(&sess->lock);
	if (sess->state != KTAP_STARTED)
		return -EBUSY;
	ktap_sess_stop(sess, stop->flags & KTAP_STOP_NOW);
	return 0;
}

static int ioc_stats(struct ktap_sess *sess, union ktap_args *args)
{
	struct ktap_stats *stats = &args->stats;
	struct ktap_heap *heap = &sess->core.heap;
	u64 vals[KTAP_STAT_NR];

	if (stats->flags)
		return -EOPNOTSUPP;
	if (stats->__reserved)
		return -EINVAL;
	guard(mutex)(&sess->lock);
	if (sess->state == KTAP_NEW)
		return -EBUSY;

	ktap_slots_stats(sess, vals);
	if (copy_to_user(u64_to_user_ptr(stats->stats), vals,
			 min(stats->nr_stats, KTAP_STAT_NR) * sizeof(*vals)))
		return -EFAULT;
	stats->nr_stats = KTAP_STAT_NR;
	stats->heap_size = (u64)heap->nr_units << KTAP_UNIT_SHIFT;
	stats->heap_used = (u64)atomic_read(&heap->bump) << KTAP_UNIT_SHIFT;
	return 0;
}

/* @last is the last member that the first version of the struct had. */
#define IOCTL_OP(name, fn, arg, type, last)				\
	[KTAP_IOC_##name - KTAP_IOC_QUERY] = {				\
		.cmd = KTAP_IOC_##name,					\
		.size = sizeof(type) +					\
			BUILD_BUG_ON_ZERO(!__same_type(type,		\
				typeof_member(union ktap_args, arg))),	\
		.min = offsetofend(type, last),				\
		.call = fn,						\
	}

static const struct ktap_ioctl {
	unsigned int cmd;
	u32 size;
	u32 min;
	int (*call)(struct ktap_sess *sess, union ktap_args *args);
} ioctls[] = {
	IOCTL_OP(QUERY, ioc_query, query, struct ktap_query, __reserved),
	IOCTL_OP(LOAD, ioc_load, load, struct ktap_load, __reserved),
	IOCTL_OP(START, ioc_start, start, struct ktap_start, __reserved),
	IOCTL_OP(STOP, ioc_stop, stop, struct ktap_stop, flags),
	IOCTL_OP(STATS, ioc_stats, stats, struct ktap_stats, heap_used),
};

static long sess_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *uarg = (void __user *)arg;
	const struct ktap_ioctl *op;
	union ktap_args args = {};
	unsigned int nr;
	u32 size;
	int ret;

	nr = cmd - KTAP_IOC_QUERY;
	if (nr >= ARRAY_SIZE(ioctls) || ioctls[nr].cmd != cmd)
		return -ENOTTY;
	op = &ioctls[nr];

	if (get_user(size, (u32 __user *)uarg))
		return -EFAULT;
	if (size < op->min)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&args, op->size, uarg, size);
	if (ret)
		return ret;
	ret = op->call(file->private_data, &args);

	/* Results are given on errors too: the length of the log, for one. */
	args.size = size;
	if (copy_to_user(uarg, &args, min(size, op->size)))
		return -EFAULT;
	return ret;
}

static int sess_open(struct inode *inode, struct file *file)
{
	struct ktap_sess *sess;
	int ret;

	build_check_abi();
	/* As for the other files here that show what the kernel does. */
	ret = tracing_check_open_get_tr(NULL);
	if (ret)
		return ret;
	if (!perfmon_capable())
		return -EPERM;
	sess = ktap_sess_create();
	if (!sess)
		return -ENOMEM;
	file->private_data = sess;
	return stream_open(inode, file);
}

static int sess_release(struct inode *inode, struct file *file)
{
	ktap_sess_destroy(file->private_data);
	return 0;
}

static ssize_t sess_read(struct file *file, char __user *ubuf, size_t size,
			 loff_t *pos)
{
	struct ktap_sess *sess = file->private_data;
	ssize_t ret;

	/* Pairs with smp_store_release() in ktap_sess_load(). */
	if (smp_load_acquire(&sess->state) == KTAP_NEW)
		return -EBUSY;
	if (file->f_flags & O_NONBLOCK) {
		/* Who has it may wait for records. */
		if (!mutex_trylock(&sess->read_lock))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&sess->read_lock)) {
		return -ERESTARTSYS;
	}
	do {
		ret = ktap_ring_read(&sess->ring, ubuf, size);
		if (ret || sess->ring.eof)
			break;
		if (file->f_flags & O_NONBLOCK) {
			ret = -EAGAIN;
			break;
		}
		ret = ktap_ring_wait(&sess->ring);
	} while (!ret);
	mutex_unlock(&sess->read_lock);
	return ret;
}

static __poll_t sess_poll(struct file *file, struct poll_table_struct *wait)
{
	struct ktap_sess *sess = file->private_data;

	poll_wait(file, &sess->poll, wait);
	/* Pairs with smp_store_release() in ktap_sess_load(). */
	if (smp_load_acquire(&sess->state) == KTAP_NEW)
		return EPOLLERR;
	return ktap_ring_poll(&sess->ring, file, wait);
}

const struct file_operations ktap_fops = {
	.owner		= THIS_MODULE,
	.open		= sess_open,
	.release	= sess_release,
	.read		= sess_read,
	.poll		= sess_poll,
	.unlocked_ioctl	= sess_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};
