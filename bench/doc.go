// Bench measures ringmq beside its peers on this machine, and says which targets it meets. See README.md.
package main
