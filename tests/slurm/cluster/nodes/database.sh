#!/usr/bin/env bash
# Start MariaDB and slurmdbd on the host where it runs: database.sh STATE_FOLDER
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
state=$1
mkdir -p /run/mysqld
# Its folder has to be reachable for its user, which the test's folder is not.
mount --bind "$state/mysql" /var/lib/mysql
chown mysql:mysql /run/mysqld /var/lib/mysql
options=(--no-defaults --user=mysql --datadir=/var/lib/mysql)
if [[ ! -d /var/lib/mysql/mysql ]]; then
  mariadb-install-db "${options[@]}" --auth-root-authentication-method=socket --skip-test-db >"$state/log/mariadb-install.log" 2>&1
fi
setsid mariadbd "${options[@]}" --skip-networking --socket=/run/mysqld/mysqld.sock --pid-file=/run/mysqld/mariadbd.pid \
  --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 --innodb-log-file-size=16M \
  --innodb-flush-log-at-trx-commit=0 --skip-log-bin </dev/null >"$state/log/mariadbd.log" 2>&1 &
client=(mariadb --no-defaults --socket=/run/mysqld/mysqld.sock)
database_answers() {
  "${client[@]}" -e "SELECT 1" >/dev/null 2>&1
}
wait_for 20 database_answers || refuse "MariaDB does not answer; see $state/log"
"${client[@]}" -e "CREATE DATABASE IF NOT EXISTS slurm_acct_db; CREATE USER IF NOT EXISTS 'slurm'@'localhost'
  IDENTIFIED BY 'slurm'; GRANT ALL ON slurm_acct_db.* TO 'slurm'@'localhost'"
slurmdbd
slurmdbd_answers() {
  (exec 3<>/dev/tcp/10.77.1.2/6819) 2>/dev/null
}
wait_for 20 slurmdbd_answers || refuse "slurmdbd does not answer; see $state/log"
