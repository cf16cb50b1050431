//! What is redacted, and how little else. Arguments are parted by `¦`, `{github}` is a token of that kind.

use super::kept::KEPT;
use super::redacted;
use super::samples::{plant, tokens};

/// Before and after.
const REDACTED: &[(&str, &str)] = &[
    // After an option.
    ("x¦--password¦hunter2", "x¦--password¦[redacted]"),
    ("x¦--password=hunter2", "x¦--password=[redacted]"),
    ("x¦--password=a=b c", "x¦--password=[redacted]"),
    ("x¦-password¦hunter2", "x¦-password¦[redacted]"),
    ("x¦--db-passwd¦hunter2¦y", "x¦--db-passwd¦[redacted]¦y"),
    ("x¦--dbPassword¦hunter2", "x¦--dbPassword¦[redacted]"),
    ("x¦--api-key¦abc123", "x¦--api-key¦[redacted]"),
    ("x¦--apikey=abc123", "x¦--apikey=[redacted]"),
    (
        "x¦--secret¦s¦--token¦t",
        "x¦--secret¦[redacted]¦--token¦[redacted]",
    ),
    ("x¦--key¦abc123¦-v", "x¦--key¦[redacted]¦-v"),
    ("x¦--access-key=/abc+def0/ghi=", "x¦--access-key=[redacted]"),
    ("x¦--credentials¦abc", "x¦--credentials¦[redacted]"),
    ("x¦--auth¦me:hunter2", "x¦--auth¦[redacted]"),
    ("x¦--passphrase¦two words", "x¦--passphrase¦[redacted]"),
    ("x¦--client-secret=abc", "x¦--client-secret=[redacted]"),
    ("x¦--pass¦-hunter2", "x¦--pass¦[redacted]"),
    ("x¦--oauth2-bearer¦abc", "x¦--oauth2-bearer¦[redacted]"),
    (
        "java¦-Dspring.datasource.password=abc",
        "java¦-Dspring.datasource.password=[redacted]",
    ),
    (
        "helm¦--set¦image.tag=1,auth.password=abc,x=y",
        "helm¦--set¦image.tag=1,auth.password=[redacted],x=y",
    ),
    (
        "kubectl¦create¦secret¦generic¦db¦--from-literal=password=abc",
        "kubectl¦create¦secret¦generic¦db¦--from-literal=password=[redacted]",
    ),
    (
        "aws¦configure¦set¦aws_secret_access_key¦abc",
        "aws¦configure¦set¦aws_secret_access_key¦[redacted]",
    ),
    (
        "npm¦config¦set¦//npm.example/:_authToken¦abc",
        "npm¦config¦set¦//npm.example/:_authToken¦[redacted]",
    ),
    (
        "npm¦config¦set¦//npm.example/:_authToken=abc",
        "npm¦config¦set¦//npm.example/:_authToken=[redacted]",
    ),
    // Tools.
    (
        "mysql¦-uroot¦-phunter2¦-P3306",
        "mysql¦-uroot¦-p[redacted]¦-P3306",
    ),
    (
        "/usr/bin/mysqldump¦-phunter2¦db",
        "/usr/bin/mysqldump¦-p[redacted]¦db",
    ),
    (
        "sudo¦mysqladmin¦password¦hunter2",
        "sudo¦mysqladmin¦password¦[redacted]",
    ),
    (
        "sshpass¦-p¦hunter2¦ssh¦-p¦22¦me@host",
        "sshpass¦-p¦[redacted]¦ssh¦-p¦22¦me@host",
    ),
    (
        "sshpass¦-phunter2¦ssh¦me@host",
        "sshpass¦-p[redacted]¦ssh¦me@host",
    ),
    (
        "curl¦-u¦me:hunter2¦https://x",
        "curl¦-u¦me:[redacted]¦https://x",
    ),
    ("curl¦-ume:hunter2", "curl¦-ume:[redacted]"),
    ("curl¦-sSu¦me:hunter2", "curl¦-sSu¦me:[redacted]"),
    ("curl¦--user=me:hunter2", "curl¦--user=me:[redacted]"),
    ("curl¦-u¦abc123:", "curl¦-u¦[redacted]:"),
    (
        "curl¦-x¦me:hunter2@proxy:3128",
        "curl¦-x¦me:[redacted]@proxy:3128",
    ),
    ("curl¦-b¦sid=abc123", "curl¦-b¦[redacted]"),
    (
        "curl¦-E¦client.pem:hunter2",
        "curl¦-E¦client.pem:[redacted]",
    ),
    (
        "curl¦-H¦Authorization: Bearer abc def",
        "curl¦-H¦Authorization: Bearer [redacted]",
    ),
    (
        "curl¦-HAuthorization: Basic YWJj",
        "curl¦-HAuthorization: Basic [redacted]",
    ),
    (
        "curl¦--header=X-Api-Key:abc",
        "curl¦--header=X-Api-Key:[redacted]",
    ),
    (
        "curl¦-H¦PRIVATE-TOKEN: abc¦-v",
        "curl¦-H¦PRIVATE-TOKEN: [redacted]¦-v",
    ),
    ("curl¦-H¦Cookie: a=1; sid=abc", "curl¦-H¦Cookie: [redacted]"),
    (
        "wget¦--header¦Authorization: abc¦u",
        "wget¦--header¦Authorization: [redacted]¦u",
    ),
    (
        "wget¦--http-password=abc¦u",
        "wget¦--http-password=[redacted]¦u",
    ),
    ("http¦-a¦me:hunter2¦GET¦x", "http¦-a¦me:[redacted]¦GET¦x"),
    (
        "http¦GET¦x¦Authorization:Bearer abc1",
        "http¦GET¦x¦Authorization:Bearer [redacted]",
    ),
    (
        "docker¦login¦-u¦me¦-p¦hunter2¦reg",
        "docker¦login¦-u¦me¦-p¦[redacted]¦reg",
    ),
    (
        "docker¦run¦-e¦DB_PASSWORD=abc¦-p¦1:2¦x",
        "docker¦run¦-e¦DB_PASSWORD=[redacted]¦-p¦1:2¦x",
    ),
    (
        "docker¦build¦--build-arg¦NPM_TOKEN=abc¦.",
        "docker¦build¦--build-arg¦NPM_TOKEN=[redacted]¦.",
    ),
    (
        "docker¦run¦--env=API_KEY=abc¦x",
        "docker¦run¦--env=API_KEY=[redacted]¦x",
    ),
    ("redis-cli¦-a¦hunter2¦ping", "redis-cli¦-a¦[redacted]¦ping"),
    (
        "ldapsearch¦-xw¦hunter2¦-b¦dc=x",
        "ldapsearch¦-xw¦[redacted]¦-b¦dc=x",
    ),
    (
        "smbclient¦-U¦me%hunter2¦//h/s",
        "smbclient¦-U¦me%[redacted]¦//h/s",
    ),
    (
        "secretsdump.py¦CORP/me:hunter2@10.0.0.1",
        "secretsdump.py¦CORP/me:[redacted]@10.0.0.1",
    ),
    (
        "psexec.py¦-hashes¦aad3b:31d6¦me@10.0.0.1",
        "psexec.py¦-hashes¦[redacted]¦me@10.0.0.1",
    ),
    (
        "nxc¦smb¦h¦-u¦me¦-p¦hunter2",
        "nxc¦smb¦h¦-u¦me¦-p¦[redacted]",
    ),
    (
        "xfreerdp¦/u:me¦/p:hunter2¦/v:h",
        "xfreerdp¦/u:me¦/p:[redacted]¦/v:h",
    ),
    ("7z¦x¦-phunter2¦a.7z", "7z¦x¦-p[redacted]¦a.7z"),
    ("zip¦-rP¦hunter2¦a.zip¦d", "zip¦-rP¦[redacted]¦a.zip¦d"),
    (
        "openssl¦enc¦-k¦hunter2¦-in¦f",
        "openssl¦enc¦-k¦[redacted]¦-in¦f",
    ),
    (
        "openssl¦rsa¦-passin¦pass:hunter2",
        "openssl¦rsa¦-passin¦pass:[redacted]",
    ),
    (
        "nmcli¦dev¦wifi¦connect¦net¦password¦hunter2",
        "nmcli¦dev¦wifi¦connect¦net¦password¦[redacted]",
    ),
    (
        "gh¦secret¦set¦NAME¦--body¦abc",
        "gh¦secret¦set¦NAME¦--body¦[redacted]",
    ),
    // Names.
    ("env¦TOKEN=abc¦cmd¦x", "env¦TOKEN=[redacted]¦cmd¦x"),
    ("PGPASSWORD=abc¦psql", "PGPASSWORD=[redacted]¦psql"),
    (
        "env¦SSHPASS=a¦MYSQL_PWD=b¦REDISCLI_AUTH=c¦id",
        "env¦SSHPASS=[redacted]¦MYSQL_PWD=[redacted]¦REDISCLI_AUTH=[redacted]¦id",
    ),
    (
        "x¦AWS_SECRET_ACCESS_KEY=/bc+DEF/0123456789012345678901234567890",
        "x¦AWS_SECRET_ACCESS_KEY=[redacted]",
    ),
    (
        "curl¦-d¦user=me&password=abc&x=1",
        "curl¦-d¦user=me&password=[redacted]&x=1",
    ),
    (
        "curl¦-d¦{\"user\":\"me\",\"password\":\"a\\\"b c\",\"x\":1}",
        "curl¦-d¦{\"user\":\"me\",\"password\":\"[redacted]\",\"x\":1}",
    ),
    (
        "curl¦-d¦{\"clientSecret\": \"abc\", \"auth\": {\"token\": 12345}}",
        "curl¦-d¦{\"clientSecret\": \"[redacted]\", \"auth\": {\"token\": [redacted]",
    ),
    (
        "psql¦host=db user=me password=abc dbname=x",
        "psql¦host=db user=me password=[redacted] dbname=x",
    ),
    (
        "x¦Server=db;User Id=sa;Password=a;b;Encrypt=yes",
        "x¦Server=db;User Id=sa;Password=[redacted];Encrypt=yes",
    ),
    (
        "az¦--connection-string¦AccountName=n;AccountKey=abc/def==;EndpointSuffix=x",
        "az¦--connection-string¦AccountName=n;AccountKey=[redacted];EndpointSuffix=x",
    ),
    (
        "curl¦https://b.example.org/c?sv=1&sig=abc%3D&se=2",
        "curl¦https://b.example.org/c?sv=1&sig=[redacted]&se=2",
    ),
    (
        "curl¦https://h/x?access_token=abc&y=1",
        "curl¦https://h/x?access_token=[redacted]&y=1",
    ),
    // URLs.
    (
        "git¦clone¦https://me:hunter2@github.com/o/r",
        "git¦clone¦https://me:[redacted]@github.com/o/r",
    ),
    (
        "git¦clone¦https://abc123@github.com/o/r",
        "git¦clone¦https://[redacted]@github.com/o/r",
    ),
    (
        "git¦clone¦https://abc123:x-oauth-basic@github.com/o/r",
        "git¦clone¦https://[redacted]@github.com/o/r",
    ),
    (
        "psql¦postgres://me:p@ss@db:5432/x",
        "psql¦postgres://me:[redacted]@db:5432/x",
    ),
    (
        "psql¦postgres://me:p/ss@db:5432/x",
        "psql¦postgres://me:[redacted]@db:5432/x",
    ),
    (
        "redis-cli¦-u¦redis://:abc@h:6379/0",
        "redis-cli¦-u¦redis://:[redacted]@h:6379/0",
    ),
    (
        "x¦a https://me:pw@h/, https://you:pw@i/",
        "x¦a https://me:[redacted]@h/, https://you:[redacted]@i/",
    ),
    // Shapes.
    ("x¦{github}", "x¦ghp_[redacted]"),
    ("x¦a,{gitlab},b", "x¦a,glpat-[redacted],b"),
    ("x¦({openai})", "x¦(sk-[redacted])"),
    ("x¦id={aws}", "x¦id=AKIA[redacted]"),
    (
        "x¦https://x-access-token:{githubapp}@github.com",
        "x¦https://x-access-token:[redacted]@github.com",
    ),
    (
        "x¦https://{slackhook}",
        "x¦https://hooks.slack.com/services/[redacted]",
    ),
    ("x¦Bearer {jwt}", "x¦Bearer [redacted]"),
    ("x¦Basic dXNlcjpwYXNzd29yZA==", "x¦Basic [redacted]"),
    (
        "x¦-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\n",
        "x¦-----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY-----\\u{a}",
    ),
    (
        "x¦-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl",
        "x¦-----BEGIN OPENSSH PRIVATE KEY-----[redacted]",
    ),
    // Shells.
    (
        "sh¦-c¦mysql -u root -phunter2 db",
        "sh¦-c¦mysql -u root -p[redacted] db",
    ),
    (
        "sh¦-c¦TOKEN=abc nmap -sS 10.0.0.1",
        "sh¦-c¦TOKEN=[redacted] nmap -sS 10.0.0.1",
    ),
    (
        "sh¦-c¦PW=\"a b\" id; nmap -p 22 h",
        "sh¦-c¦PW=\"[redacted]\" id; nmap -p 22 h",
    ),
    ("sh¦-c¦PASSWORD=abc;id", "sh¦-c¦PASSWORD=[redacted]"),
    ("sh¦-c¦PASSWORD=abc; id", "sh¦-c¦PASSWORD=[redacted]; id"),
    (
        "sh¦-c¦curl -H \"Authorization: Bearer abc\" https://x | sh",
        "sh¦-c¦curl -H \"Authorization: Bearer [redacted]\" https://x | sh",
    ),
    (
        "bash¦-lc¦curl -u 'me:a b' https://x",
        "bash¦-lc¦curl -u 'me:[redacted]' https://x",
    ),
    (
        "ssh¦h¦sshpass -p 'a b' ssh -p 22 i",
        "ssh¦h¦sshpass -p '[redacted]' ssh -p 22 i",
    ),
    (
        "sh¦-c¦ssh h 'sudo mysql -phunter2 -e \"select 1\"'",
        "sh¦-c¦ssh h 'sudo mysql -p[redacted] -e \"select 1\"'",
    ),
    (
        "sh¦-c¦x --password \\\n  abc --other",
        "sh¦-c¦x --password \\\\u{a}  [redacted] --other",
    ),
    (
        "sh¦-c¦export TOKEN=abc\ncurl h",
        "sh¦-c¦export TOKEN=[redacted]\\u{a}curl h",
    ),
    (
        "sh¦-c¦x --password\tabc",
        "sh¦-c¦x --password\\u{9}[redacted]",
    ),
    (
        "sh¦-c¦echo {github} > /tmp/x",
        "sh¦-c¦echo ghp_[redacted] > /tmp/x",
    ),
    (
        "python3¦-c¦connect(password='abc', host='h')",
        "python3¦-c¦connect(password='[redacted]', host='h')",
    ),
    (
        "python3¦-c¦api_key = \"abc\"; go()",
        "python3¦-c¦api_key = \"[redacted]\"; go()",
    ),
    // A shell puts nothing into the place of these.
    (
        "sh¦-c¦sshpass -p '$ecret' ssh h",
        "sh¦-c¦sshpass -p '[redacted]' ssh h",
    ),
    (
        "sh¦-c¦PASSWORD='$ecret' x --password='$ecret'",
        "sh¦-c¦PASSWORD='[redacted]' x --password='[redacted]'",
    ),
    (
        "sh¦-c¦curl -H 'X-Token: $ecret' -d 'a=b&token=$ecret' h",
        "sh¦-c¦curl -H 'X-Token: [redacted]' -d 'a=b&token=[redacted]' h",
    ),
    ("sshpass¦-p¦$ecret¦ssh¦h", "sshpass¦-p¦[redacted]¦ssh¦h"),
    (
        "sh¦-c¦x --password \"$a-hunter2\"",
        "sh¦-c¦x --password \"[redacted]\"",
    ),
    (
        "sh¦-c¦curl -H \"X-Token: abc\" -d \"b\"",
        "sh¦-c¦curl -H \"X-Token: [redacted]\" -d \"b\"",
    ),
    // Statements, other separators.
    (
        "psql¦-c¦ALTER USER me WITH PASSWORD 'hunter2'",
        "psql¦-c¦ALTER USER me WITH PASSWORD '[redacted]'",
    ),
    (
        "mysql¦-e¦CREATE USER 'a'@'b' IDENTIFIED BY 'hunter2'",
        "mysql¦-e¦CREATE USER 'a'@'b' IDENTIFIED BY '[redacted]'",
    ),
    ("x¦--Password:hunter2", "x¦--Password:[redacted]"),
    (
        "mount¦-o¦username=a,password=abc,uid=0¦//h/s",
        "mount¦-o¦username=a,password=[redacted],uid=0¦//h/s",
    ),
    (
        "git¦-c¦http.extraHeader=Authorization: Basic abc¦fetch",
        "git¦-c¦http.extraHeader=Authorization: Basic [redacted]¦fetch",
    ),
    (
        "sqlmap¦-u¦http://h/?id=1&token=abc¦--auth-cred=a:b",
        "sqlmap¦-u¦http://h/?id=1&token=[redacted]¦--auth-cred=[redacted]",
    ),
];

fn shown(row: &str) -> String {
    let words: Vec<&str> = row.split('¦').collect();
    redacted(&words).join("¦")
}

#[test]
fn keeps_what_an_analyst_needs() {
    let wrong: Vec<_> = KEPT
        .iter()
        .map(|row| (shown(row), row))
        .filter(|(shown, row)| shown != *row)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn redacts_secrets_and_nothing_else() {
    let wrong: Vec<_> = REDACTED
        .iter()
        .map(|(before, after)| (shown(&plant(before)), after))
        .filter(|(shown, after)| shown != *after)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn twice_is_once() {
    let rows = KEPT.iter().copied();
    for row in rows.chain(REDACTED.iter().map(|(before, _)| *before)) {
        let once = shown(&plant(row));
        assert_eq!(shown(&once), once);
    }
}

#[test]
fn knows_the_tokens_of_every_issuer() {
    for (name, start, body) in tokens(7) {
        let shown = redacted(&["x", &format!("{start}{body}")]);
        assert!(!shown[1].contains(&body[..8]), "{name}: {shown:?}");
    }
}
