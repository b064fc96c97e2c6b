"""The shared vocabulary: frozen values and enums, nothing else. Imports no other room; decides nothing."""
