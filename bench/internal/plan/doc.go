// Package plan says what is measured and what is asked of it, as data: the rows of the tables, the contestants of each
// row, and the targets. It runs nothing and knows no figure.
package plan
