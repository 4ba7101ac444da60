/*
 * Standard output and standard error of a program that must not wait for whoever reads them: a full pipe, a terminal stopped
 * by Ctrl-S, a slow disk. Between printer_start and printer_stop what is printed there goes into a queue, and a thread writes
 * it, in order. What does not fit into the queue is lost, and a line says how many lines were. (To make the descriptors
 * themselves non-blocking would do that to everybody who shares them.)
 */
#ifndef COPP_CLI_PRINTER_H
#define COPP_CLI_PRINTER_H

#include <stdbool.h>

/* json: lines on standard output are JSON objects. False, with errno: nothing has changed. Signals that the program takes by
 * descriptor must be blocked before. */
bool printer_start(bool json);

/* Waits until what is in the queue has been written, for limit_ms at most. 0, or the errno with which standard output could not be
 * written to. */
int printer_flush(unsigned limit_ms);

/* Writes what is in the queue, for limit_ms at most, and makes the two what they were. A reader that takes nothing so long gets
 * nothing more. */
void printer_stop(unsigned limit_ms);

#endif
