; boot.img: what a machine that boots from the network would be handed. The
; BIOS puts these 512 bytes at address 7c00 (hexadecimal) and jumps there.
;
;	nasm -f bin -o boot.img boot.asm
;
; 512 bytes are one whole block of TFTP. Watch what comes after it: an empty
; block, since only a block that is shorter than 512 bytes is the last.
	bits 16
	org 0x7c00
	xor ax, ax
	mov ds, ax
	cld
	mov si, text
say:
	lodsb			; the next letter
	test al, al
	jz stop
	mov ah, 0x0e		; BIOS: print a letter
	mov bx, 7
	int 0x10
	jmp say
stop:
	hlt
	jmp stop
text:
	db "This came by TFTP, in one block of 512 bytes and an empty one.", 13, 10, 0
	times 510-($-$$) db 0
	dw 0xaa55		; the mark of a boot sector
