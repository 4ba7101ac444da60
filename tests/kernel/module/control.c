// SPDX-License-Identifier: GPL-2.0
/* debugfs: what tests decide and what they look at. The card's files lie in dri/N, a connector's in the directory of its name. */
#include "copp_drm.h"

#include <drm/drm_debugfs.h>
#include <drm/drm_file.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

/* --- orders: any byte written to the file is one ------------------------------------------------------------------- */

static struct output *output_of_file(struct file *file) {
    return file->private_data;
}

#define ORDER(name, call)                                                                                                        \
    static ssize_t name##_write(struct file *file, const char __user *bytes, size_t size, loff_t *at) {                          \
        struct output *output = output_of_file(file);                                                                            \
                                                                                                                                 \
        call;                                                                                                                    \
        return size;                                                                                                             \
    }                                                                                                                            \
    static const struct file_operations name##_ops = {.owner = THIS_MODULE, .open = simple_open, .write = name##_write}

ORDER(enabled, link_order(output, LINK_ENABLE));
ORDER(desired, link_order(output, LINK_DEMOTE));
ORDER(silent, link_order(output, LINK_DEMOTE_SILENTLY));
ORDER(glitch, link_order(output, LINK_GLITCH));
ORDER(announce, link_order(output, LINK_ANNOUNCE));
ORDER(plug, connector_plug(output, connector_status_connected));
ORDER(unplug, connector_plug(output, connector_status_disconnected));
ORDER(status_unknown, connector_plug(output, connector_status_unknown));

/* --- registers ----------------------------------------------------------------------------------------------------- */

static ssize_t copy_text(char *text, size_t room, const char __user *bytes, size_t size) {
    if (size >= room)
        return -E2BIG;
    if (copy_from_user(text, bytes, size))
        return -EFAULT;
    text[size] = 0;
    return 0;
}

/* "68000 0102030405": an offset and bytes, both hexadecimal */
static ssize_t poke_write(struct file *file, const char __user *from, size_t size, loff_t *at) {
    char text[160], digits[129];
    u8 bytes[64];
    u32 offset;
    size_t count;
    ssize_t error = copy_text(text, sizeof(text), from, size);

    if (error)
        return error;
    if (sscanf(text, "%x %128s", &offset, digits) != 2)
        return -EINVAL;
    count = strlen(digits) / 2;
    if (strlen(digits) % 2 || hex2bin(bytes, digits, count))
        return -EINVAL;
    error = receiver_poke(output_of_file(file), offset, bytes, count);
    return error ? error : size;
}

/* Bytes as they are, all in one write; returns how many, or an error. */
static ssize_t store(struct receiver *receiver, u8 *bytes, size_t room, const char __user *from, size_t size) {
    ssize_t done = size;

    if (size > room)
        return -E2BIG;
    mutex_lock(&receiver->lock);
    if (copy_from_user(bytes, from, size))
        done = -EFAULT;
    mutex_unlock(&receiver->lock);
    return done;
}

static ssize_t edid_write(struct file *file, const char __user *from, size_t size, loff_t *at) {
    struct receiver *receiver = &output_of_file(file)->receiver;
    ssize_t done = store(receiver, receiver->edid, sizeof(receiver->edid), from, size);

    if (done >= 0)
        receiver->edid_size = size;
    return done;
}

static ssize_t fifo_write(struct file *file, const char __user *from, size_t size, loff_t *at) {
    struct receiver *receiver = &output_of_file(file)->receiver;
    ssize_t done = store(receiver, receiver->fifo, sizeof(receiver->fifo), from, size);

    if (done >= 0) {
        receiver->fifo_size = size;
        receiver->fifo_at = 0;
    }
    return done;
}

static const struct file_operations poke_ops = {.owner = THIS_MODULE, .open = simple_open, .write = poke_write};
static const struct file_operations edid_ops = {.owner = THIS_MODULE, .open = simple_open, .write = edid_write};
static const struct file_operations fifo_ops = {.owner = THIS_MODULE, .open = simple_open, .write = fifo_write};

/* "read 0x00040 1 0": direction, offset, size, and 0 or a negative errno, of HDCP's registers and all of DPCD */
static int transfers_show(struct seq_file *file, void *data) {
    struct receiver *receiver = &((struct output *)file->private)->receiver;
    u32 first;

    mutex_lock(&receiver->lock);
    first = receiver->logged > RECEIVER_LOG ? receiver->logged - RECEIVER_LOG : 0;
    for (u32 i = first; i < receiver->logged; i++) {
        const struct access *access = &receiver->log[i % RECEIVER_LOG];

        seq_printf(file, "%s 0x%05x %u %d\n", access->write ? "write" : "read", access->offset, access->size, access->result);
    }
    mutex_unlock(&receiver->lock);
    return 0;
}

static int transfers_open(struct inode *inode, struct file *file) {
    return single_open(file, transfers_show, inode->i_private);
}

static ssize_t transfers_write(struct file *file, const char __user *from, size_t size, loff_t *at) {
    struct output *output = ((struct seq_file *)file->private_data)->private;

    mutex_lock(&output->receiver.lock);
    output->receiver.logged = 0;
    mutex_unlock(&output->receiver.lock);
    return size;
}

static const struct file_operations transfers_ops = {
    .owner = THIS_MODULE,
    .open = transfers_open,
    .read = seq_read,
    .write = transfers_write,
    .llseek = seq_lseek,
    .release = single_release,
};

static void control_receiver(struct output *output, struct dentry *directory) {
    struct receiver *receiver = &output->receiver;

    debugfs_create_file("poke", 0200, directory, output, &poke_ops);
    debugfs_create_file("edid", 0200, directory, output, &edid_ops);
    debugfs_create_file("ksv_fifo", 0200, directory, output, &fifo_ops);
    debugfs_create_file("transfers", 0600, directory, output, &transfers_ops);
    debugfs_create_u32("nak", 0600, directory, &receiver->nak);
    debugfs_create_u32("nak_at", 0600, directory, &receiver->nak_at);
    debugfs_create_u32("defer", 0600, directory, &receiver->defer);
    debugfs_create_u32("transfer_ms", 0600, directory, &receiver->transfer_ms);
}

static void control_link(struct output *output, struct dentry *directory) {
    struct link *link = &output->link;

    debugfs_create_file("enabled", 0200, directory, output, &enabled_ops);
    debugfs_create_file("desired", 0200, directory, output, &desired_ops);
    debugfs_create_file("silent", 0200, directory, output, &silent_ops);
    debugfs_create_file("glitch", 0200, directory, output, &glitch_ops);
    debugfs_create_file("announce", 0200, directory, output, &announce_ops);
    debugfs_create_u32("delay_ms", 0600, directory, &link->delay_ms);
    debugfs_create_u32("retry_ms", 0600, directory, &link->retry_ms);
    debugfs_create_bool("fail", 0600, directory, &link->fail);
    debugfs_create_bool("up", 0400, directory, &link->up);
    debugfs_create_u32("authentications", 0600, directory, &link->authentications);
    debugfs_create_u32("failures", 0600, directory, &link->failures);
}

void control_output(struct drm_connector *connector, struct dentry *directory) {
    struct output *output = output_of(connector);

    debugfs_create_file("plug", 0200, directory, output, &plug_ops);
    debugfs_create_file("unplug", 0200, directory, output, &unplug_ops);
    debugfs_create_file("status_unknown", 0200, directory, output, &status_unknown_ops);
    debugfs_create_u32("flips", 0600, directory, &output->flips);
    debugfs_create_u32("paints", 0600, directory, &output->paints);
    debugfs_create_u32("probes", 0600, directory, &output->probes);
    control_receiver(output, directory);
    if (connector->connector_type != DRM_MODE_CONNECTOR_VGA)
        control_link(output, directory);
}

/* --- the card's quirks --------------------------------------------------------------------------------------------- */

static const char *const over_enabled_words[] = {
    [OVER_KEEP] = "keep",
    [OVER_STICK] = "stick",
    [OVER_REAUTHENTICATE] = "reauthenticate",
    [OVER_NEVER] = "never",
};

static ssize_t over_enabled_read(struct file *file, char __user *to, size_t size, loff_t *at) {
    const struct quirks *quirks = file->private_data;
    const char *word = over_enabled_words[quirks->over_enabled];

    return simple_read_from_buffer(to, size, at, word, strlen(word));
}

static ssize_t over_enabled_write(struct file *file, const char __user *from, size_t size, loff_t *at) {
    struct quirks *quirks = file->private_data;
    char text[32];
    ssize_t error = copy_text(text, sizeof(text), from, size);
    int word;

    if (error)
        return error;
    word = sysfs_match_string(over_enabled_words, text);
    if (word < 0)
        return word;
    quirks->over_enabled = word;
    return size;
}

static const struct file_operations over_enabled_ops = {
    .owner = THIS_MODULE,
    .open = simple_open,
    .read = over_enabled_read,
    .write = over_enabled_write,
};

void control_card(struct drm_minor *minor) {
    struct quirks *quirks = &card_of(minor->dev)->quirks;
    struct dentry *directory = minor->debugfs_root;

    debugfs_create_file("over_enabled", 0600, directory, quirks, &over_enabled_ops);
    debugfs_create_bool("refuse_undesired", 0600, directory, &quirks->refuse_undesired);
    debugfs_create_u32("refuse_all_undesired", 0600, directory, &quirks->refuse_all_undesired);
    debugfs_create_u32("refuse_write", 0600, directory, &quirks->refuse_write);
    debugfs_create_bool("late_enabled", 0600, directory, &quirks->late_enabled);
    debugfs_create_u32("slow_commit_ms", 0600, directory, &quirks->slow_commit_ms);
    debugfs_create_bool("demote_on_modeset", 0600, directory, &quirks->demote_on_modeset);
    debugfs_create_bool("needs_modeset", 0600, directory, &quirks->needs_modeset);
}
