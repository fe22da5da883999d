#!/bin/sh
# A shell script as a daemon that says when it is ready:
#
#   daemonitor daemonize --ready notify --pid-file notify.pid -- examples/notify.sh
#
# systemd-notify(1) comes with systemd. Under systemd itself the unit needs Type=notify and NotifyAccess=all.
set -eu

systemd-notify --status="warming up"
sleep "${WARM_UP:-2}"
systemd-notify --ready --status="at work"

# A shell handles a signal once its foreground command is over, hence the short sleep.
trap 'exit 0' TERM
while :; do
	date
	sleep 1
done
