/*
 * The functions of forward.h: each finds the system's and jumps to it, with every register and place on the stack that may
 * hold an argument as it was. So none needs to know its parameters. A function that the system lacks has a stand-in here,
 * missing_NAME, which takes the arguments off the stack and answers a failure.
 */
#ifdef __i386__
#define SYMBOL(name) _##name
#else
#define SYMBOL(name) name
#endif

.set index, 0

#ifdef __i386__

.macro answer failure, size
    call _forward_missing_\failure
    ret $\size
.endm

.text
find:
    pushl %ecx
    pushl %edx
    pushl %eax
    call _forward_find
    addl $4, %esp
    popl %edx
    popl %ecx
    jmp *%eax

#else

.macro answer failure, size
    jmp forward_missing_\failure
.endm

.text
.seh_proc find
find: /* entered by jumps: the stack is as the caller's call has left it */
    subq $0x88, %rsp
    .seh_stackalloc 0x88
    .seh_endprologue
    movq %rcx, 0x20(%rsp) /* above the callee's 32 bytes */
    movq %rdx, 0x28(%rsp)
    movq %r8, 0x30(%rsp)
    movq %r9, 0x38(%rsp)
    movdqu %xmm0, 0x40(%rsp)
    movdqu %xmm1, 0x50(%rsp)
    movdqu %xmm2, 0x60(%rsp)
    movdqu %xmm3, 0x70(%rsp)
    movl %eax, %ecx
    call forward_find
    movq 0x20(%rsp), %rcx
    movq 0x28(%rsp), %rdx
    movq 0x30(%rsp), %r8
    movq 0x38(%rsp), %r9
    movdqu 0x40(%rsp), %xmm0
    movdqu 0x50(%rsp), %xmm1
    movdqu 0x60(%rsp), %xmm2
    movdqu 0x70(%rsp), %xmm3
    addq $0x88, %rsp
.seh_endproc /* the stack is the caller's again, and no unwinder knows this jump as a function's end */
    jmp *%rax

#endif

.macro thunk name, missing, failure, size
    .globl \name
\name:
    movl $index, %eax
    jmp find
    .globl \missing
\missing:
    answer \failure, \size
    .set index, index + 1
.endm

#define FORWARD(name, size, failure) thunk SYMBOL(name), SYMBOL(missing_##name), failure, size
#include "forward.h"
