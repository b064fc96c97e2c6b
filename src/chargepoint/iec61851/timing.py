"""Every deadline of the control pilot, one name each, with the clause it comes from.

Clauses marked *practice* are not in the standard: they are what long-lived stations settled on.
"""

OPEN_AFTER_DEMAND_ENDS_SECONDS = 0.1
"""IEC 61851-1 table A.6, sequences 2.2, 8.1 and 8.2: contactor open after the EV left C or D."""

CLOSE_AFTER_DEMAND_SECONDS = 3.0
"""Table A.6, sequence 4: contactor closed after C2."""

EV_STOPS_AFTER_PWM_OFF_SECONDS = 3.0
"""Table A.6, sequence 10.1: the EV leaves C after the PWM went off."""

OPEN_UNDER_LOAD_AFTER_SECONDS = 6.0
"""Table A.6, sequence 10.2: an EV that does not react is cut no earlier than this."""

STATE_F_HOLD_SECONDS = 0.3
"""Table A.5: state F is held at least this long."""

STEADY_BEFORE_PWM_SECONDS = 3.0
"""Table A.6, sequences 3 and 9 (T_STEP_X1): X1 lasts this long before the PWM (re)starts, at start-up too."""

DUTY_CHANGE_INTERVAL_SECONDS = 5.0
"""Table A.6, sequence 6: the EV has 5 s to follow a duty; no second change before that."""

DUTY_CHANGE_DEADLINE_SECONDS = 10.0
"""Table A.6, sequence 6: a new limit is on the pilot no later than this."""

WAKE_UP_AFTER_SECONDS = 30.0
"""Clause A.5.3: B2 without C for this long earns one wake-up."""

WAKE_UP_PULSE_SECONDS = 4.0
"""Clause A.5.3 (T_STEP_EF): state F of the wake-up."""

WAKE_UP_REST_SECONDS = 0.75
"""X1 between the wake-up's F and the PWM; certification wants 0.5 to 1.0 s."""

DEMAND_SETTLE_SECONDS = 0.5
"""*Practice*: C or D must stand this long before it counts; a 0.25 s pulse of a B-C-B toggle does not (seq. 11)."""

PILOT_SETTLE_SECONDS = 0.05
"""*Practice*: any other change of the pilot's state."""

SAMPLES_TO_OPEN = 2
"""*Practice*: samples in a row outside C and D that end the demand; one bad sample never opens."""

SAMPLES_TO_SETTLE = 2
"""*Practice*: least samples of a new state, however far apart they are."""

STRAY_SAMPLE_SECONDS = 0.05
"""*Practice*: a stray sample is forgiven only this soon after a good one."""

OWN_STATE_F_AFTERMATH_SECONDS = 0.1
"""*Practice*: samples taken this soon after our own state F still show it and say nothing about the EV."""

DIODE_PROVEN_SECONDS = 0.05
"""*Practice*: the negative peak must stand at -12 V this long under PWM before a closing."""

DIODE_MIRRORED_SECONDS = 0.1
"""*Practice*: a mirrored wave must stand this long to be a diode fault."""

MINIMUM_OFF_SECONDS = 10.0
"""*Practice*: relays rated for 6 cycles a minute; X1 is held meanwhile, so that sequence 4's 3 s are kept."""

PHASE_CHANGE_PAUSE_SECONDS = 60.0
"""*Practice*: contactor open between 1 and 3 phases; some EVs are damaged by less."""

PHASE_CHANGE_STATE_F_SECONDS = 5.0
"""*Practice* (5 s at openWB and SmartEVSE): the pilot's interruption by which an EV looks at its phases anew."""

PHASE_CHANGE_INTERVAL_SECONDS = 300.0
"""*Practice*: no second change between 1 and 3 phases sooner for one EV."""

EV_SHOWS_S2_SECONDS = EV_STOPS_AFTER_PWM_OFF_SECONDS + 2 * PILOT_SETTLE_SECONDS
"""Table A.6, sequence 10.1, and what it takes to see it: an EV in C or D after so much X1 has no S2 to open."""

CHATTER_WINDOW_SECONDS = 600.0
"""*Practice*: the closings of this span are counted."""

START_RAMP_SECONDS = 35.0
"""*Practice* (30 to 40 s): the least current after a closing, for an EV that has cut its own supply off before."""

MAX_CLOSINGS = 6
"""*Practice*: closings allowed in one chatter window."""

CHATTER_LOCKOUT_SECONDS = (600.0, 1200.0, 2400.0, 3600.0)
"""*Practice*: the first, second, … lock-out; the last repeats."""

CHATTER_FORGIVEN_SECONDS = 3600.0
"""*Practice*: this long after a lock-out ended the next one starts at the first length again."""

UNPLUGGED_FORGIVES_CHATTER_SECONDS = 2.0
"""*Practice*: state A for this long is a new EV; a loose plug that flaps is not."""

CONTACTOR_FEEDBACK_SECONDS = 0.5
"""*Practice* (0.25 to 1 s): the mirror contact agrees with the command no later than this."""

CONTROLLER_FEEDBACK_SECONDS = 6.0
"""*Practice*: a controller that owns the contactor closes within 3 s, and may wait for the EV before it opens."""

CONTROLLER_UNTOLD_SECONDS = 2.0
"""*Practice*: a controller tells the pilot's state again within some of its polls, also after our own state F."""

LOCK_MOVE_SECONDS = 3.0
"""*Practice*: a plug lock that is not where it was sent after this long is jammed."""

LOCK_RETRY_SECONDS = 5.0
"""*Practice*: a jammed lock is sent again this often."""
