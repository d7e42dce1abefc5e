/* Faults: every exception ends in one line on the serial port. */
#ifndef FAULT_H
#define FAULT_H

/* Report the fault and stop; stands in every vector but reset. */
void Fault_Handler(void);

#endif
