// Package result holds what was measured, as it is written to results.json and read again, and judges it: every number
// and every verdict that is shown is made here, of the runs and of the targets of package plan.
package result
