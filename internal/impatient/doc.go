// Package impatient has a context for calls that are not to wait, where there is no other way to say so: it has not ended,
// so that a call begins, and ends when somebody wants to be told of its end, which is who would wait.
//
//	n, err := push.SendBatch(impatient.New(), ms) // as many as go now, then ErrWouldBlock
package impatient
