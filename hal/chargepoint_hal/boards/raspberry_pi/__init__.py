"""The `raspberry-pi` board: pilot by kernel PWM and SPI converter, everything else by gpiozero pins.

Linux is not the safety device: residual current and over-current trip in hardware, and the alive line's monoflop
drops the contactor of a process that has stopped.
"""
