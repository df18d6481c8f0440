// Package topictest proves that a topic.Bus keeps its promises.
package topictest
