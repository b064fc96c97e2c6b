"""The fewest options of a Raspberry Pi board in a station.toml; what follows belongs to its one EVSE."""

PI_OPTIONS = """
pin_factory = "lgpio"
gpio_chip = 0
converter = "mcp3208"
[[board.options.evse]]
pwm_channel = 0
pilot_channel = 0
pilot_calibration = [448, -12.0, 3648, 12.0]
contactor_pin = 17
"""
PI_BOARD = f"""
[board]
driver = "raspberry-pi"
[board.options]
{PI_OPTIONS}"""
